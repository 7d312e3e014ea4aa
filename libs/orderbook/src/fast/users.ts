/** Names of the users with open orders, by small number, and how many orders each has. */
export class Users {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #open: number[] = [];
  readonly #free: number[] = [];
  #sweepAt = 1024;

  /** Number of the user, made if unknown. */
  obtain(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (this.#numbers.size >= this.#sweepAt) this.#forgetIdle();
    const number = this.#free.pop() ?? this.#names.length;
    this.#names[number] = name;
    this.#open[number] = 0;
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

  /** Open orders of the user. */
  openOrders(number: number): number {
    return this.#open[number]!;
  }

  addOpen(number: number, count: number): void {
    this.#open[number] = this.#open[number]! + count;
  }

  /** Users without an order leave in one go once they are half of all: nothing grows with the history. */
  #forgetIdle(): void {
    for (const [name, number] of this.#numbers) {
      if (this.#open[number] !== 0) continue;
      this.#numbers.delete(name);
      this.#names[number] = '';
      this.#free.push(number);
    }
    this.#sweepAt = Math.max(1024, this.#numbers.size * 2);
  }
}
