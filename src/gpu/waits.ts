/**
 * Waits for the GPU that end when its device fails: what a device that hangs has promised never
 * settles by itself, and what one that has failed gives is not to be used.
 */
export class Waits {
  /** Why everything on this device has ended. */
  failure: Error | undefined;
  private readonly open = new Set<(cause: Error) => void>();

  /** Ends every wait, those to come as well; the first cause stays. */
  fail(cause: Error): void {
    this.failure ??= cause;
    for (const reject of this.open) reject(this.failure);
    this.open.clear();
  }

  /** The promise's value. @throws the failure of the device, whatever the promise gives */
  on<T>(promise: Promise<T>): Promise<T> {
    // Not a race with one promise of the failure: that would hold on to every wait of a long run.
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.open.delete(reject);
        if (this.failure) reject(this.failure);
        else act();
      };
      if (!this.failure) this.open.add(reject);
      promise.then(
        (value) => settle(() => resolve(value)),
        (cause) => settle(() => reject(cause)),
      );
      if (this.failure) reject(this.failure);
    });
  }
}
