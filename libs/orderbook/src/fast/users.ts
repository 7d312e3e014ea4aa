/**
 * Names of the users, by small number from 1 up, and how many orders each has open. A user without an order and without a
 * remembered request leaves, sooner or later.
 */
export class Users {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [''];
  readonly #open: number[] = [0];
  /** Open orders and remembered requests. */
  readonly #held: number[] = [0];
  readonly #free: number[] = [];
  #sweepAt = 1024;

  /** Number of the user, made if unknown. */
  obtain(name: string): number {
    return this.#numbers.get(name) ?? this.#enter(name);
  }

  #enter(name: string): number {
    if (this.#numbers.size >= this.#sweepAt) this.#forgetIdle();
    const number = this.#free.pop() ?? this.#names.length;
    this.#names[number] = name;
    this.#open[number] = 0;
    this.#held[number] = 0;
    this.#numbers.set(name, number);
    return number;
  }

  /** Number of the user, −1 if unknown. */
  find(name: string): number {
    return this.#numbers.get(name) ?? -1;
  }

  name(number: number): string {
    return this.#names[number]!;
  }

  /** Names of the users as they are now. */
  copyNames(): Pick<Users, 'name'> {
    const names = this.#names.slice();
    return { name: (number) => names[number]! };
  }

  /** Open orders of the user. */
  openOrders(number: number): number {
    return this.#open[number]!;
  }

  /** An order of the user is open from now on. */
  addOrder(number: number): void {
    this.#open[number] = this.#open[number]! + 1;
    this.#held[number] = this.#held[number]! + 1;
  }

  removeOrder(number: number): void {
    this.#open[number] = this.#open[number]! - 1;
    this.#held[number] = this.#held[number]! - 1;
  }

  /** A request of the user is remembered from now on. */
  hold(number: number): void {
    this.#held[number] = this.#held[number]! + 1;
  }

  release(number: number): void {
    this.#held[number] = this.#held[number]! - 1;
  }

  /** Users whom nothing holds leave in one go once the users are twice what they were: nothing grows with the history. */
  #forgetIdle(): void {
    for (const [name, number] of this.#numbers) {
      if (this.#held[number] !== 0) continue;
      this.#numbers.delete(name);
      this.#names[number] = '';
      this.#free.push(number);
    }
    this.#sweepAt = Math.max(1024, this.#numbers.size * 2);
  }
}
