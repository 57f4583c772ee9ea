/** What every reader must keep to, whatever it is given: one sentence, soon, within its memory. */

const TIME_MS = 2000;
const MEMORY = 64 * 2 ** 20;

/** Errors whose message is meant for a person. */
const SPOKEN = ['FormatError', 'ConfigError', 'StoreError'];

/** What is wrong with an error as an answer to a bad file; undefined when nothing is. */
function faultOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  if (!SPOKEN.includes(error.name)) return `crashed: ${error.stack}`;
  const { message } = error;
  if (/[\n\r\u2028]/.test(message)) return `said more than one line: ${JSON.stringify(message)}`;
  if (!message.endsWith('.')) return `did not end its sentence: ${message.slice(-80)}`;
  if (message.length > 4000) return `said ${message.length} characters`;
  return undefined;
}

const held = () => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Milliseconds that this process has computed: on a busy machine the clock runs for others too. */
const computed = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * Runs a reader on an input of so many bytes.
 * @returns what it gave, or undefined where it refused in one sentence
 * @throws when it crashed, took over 2 s, or more memory than twice the input and 64 MB
 */
export async function judged<Result>(
  bytes: number,
  read: () => Result | Promise<Result>,
): Promise<Result | undefined> {
  const memory = held();
  const [begun, before] = [performance.now(), computed()];
  let result: Result | undefined;
  try {
    result = await read();
  } catch (error) {
    const fault = faultOf(error);
    if (fault) throw new Error(`The reader ${fault}`);
  }
  const took = Math.min(performance.now() - begun, computed() - before);
  const grown = held() - memory;
  if (took > TIME_MS) throw new Error(`The reader took ${Math.round(took)} ms`);
  if (grown > 2 * bytes + MEMORY) throw new Error(`The reader took ${grown} bytes for ${bytes}`);
  return result;
}
