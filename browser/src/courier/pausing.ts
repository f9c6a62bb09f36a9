/** Letting time pass without standing in the way of the page. */

/**
 * Gives the page a moment: whatever was clicked or typed meanwhile is dealt with first.
 *
 * Not a timer, because browsers slow the timers of hidden pages down to one in a second or fewer.
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Waits so many milliseconds; throws the reason of `signal` as soon as it is aborted. */
export function wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * What `action` gives before so many milliseconds have passed. Its signal is aborted when they have, with `late` as the
 * reason, and when `signal` is.
 */
export async function within<Result>(
  milliseconds: number,
  late: Error,
  signal: AbortSignal | undefined,
  action: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const either = new AbortController();
  const stop = (): void => either.abort(signal?.reason);
  const timer = setTimeout(() => either.abort(late), milliseconds);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await action(either.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/**
 * Does `action` so many times at once. When one fails, or `signal` is aborted, the others are told to stop; once all
 * have ended, what was the first to go wrong is thrown.
 */
export async function allTogether(
  times: number,
  signal: AbortSignal | undefined,
  action: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const either = new AbortController();
  const stop = (): void => either.abort(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  const guarded = async (): Promise<void> => {
    try {
      await action(either.signal);
    } catch (error) {
      either.abort(error);
    }
  };
  await Promise.all(Array.from({ length: times }, guarded));
  signal?.removeEventListener("abort", stop);
  either.signal.throwIfAborted();
}
