/** An error that AWS answers with 400; `type` is the name its clients go by. */
export class AwsRefusal extends Error {
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}
