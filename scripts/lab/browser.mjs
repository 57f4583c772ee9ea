/** A headless Chromium or Firefox on one page, with a profile that outlives it. */
import { browserEnvironment, browserPath, CHROMIUM_ARGS, FIREFOX_PREFS } from '../browsers.mjs';
import { CommandError } from '../command.mjs';

/**
 * @typedef {object} LabPage
 * @property {<A, R>(does: (argument: A) => R | Promise<R>, argument: A) => Promise<R>} evaluate
 * @property {string} version such as 'chromium 141.0'
 * @property {() => string | undefined} complaint the first uncaught error of the page
 * @property {() => Promise<void>} close
 */

/** The page must not be slowed down for being out of sight. */
const UNTHROTTLED = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

/**
 * The page's own words, without what the automation wraps around them.
 * @template R
 * @param {Promise<R>} answer
 * @returns {Promise<R>}
 */
async function plainly(answer) {
  try {
    return await answer;
  } catch (error) {
    const [first] = /** @type {Error} */ (error).message.split('\n');
    const closed = /closed|disconnected|crashed|destroyed/i.test(first) && !/^page/.test(first);
    throw new CommandError(
      closed || /has been closed/.test(first)
        ? 'The browser ended before the run did; go on with --resume.'
        : first.replace(/^page\.evaluate: /, '').replace(/^(\w*Error|Uncaught): /, ''),
    );
  }
}

/**
 * @param {import('../browsers.mjs').BrowserName} name
 * @param {string} profile folder
 * @param {string} address
 * @returns {Promise<LabPage>}
 * @throws {CommandError} when the browser does not start
 */
export async function openPage(name, profile, address) {
  const executablePath = browserPath(name);
  try {
    return await (name === 'firefox' ? openFirefox : openChromium)(
      executablePath,
      profile,
      address,
    );
  } catch (error) {
    const [first] = /** @type {Error} */ (error).message.split('\n');
    throw new CommandError(`${executablePath} did not open ${address}: ${first}`);
  }
}

/** @param {string} executablePath @param {string} profile @param {string} address */
async function openChromium(executablePath, profile, address) {
  const { chromium } = await import('playwright-core');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: [...CHROMIUM_ARGS, ...UNTHROTTLED],
    env: /** @type {Record<string, string>} */ (browserEnvironment()),
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  /** @type {string | undefined} */
  let complaint;
  page.on('pageerror', (error) => {
    complaint ??= error.message;
  });
  await page.goto(address);
  return /** @type {LabPage} */ ({
    evaluate: (does, argument) => plainly(page.evaluate(/** @type {any} */ (does), argument)),
    version: `chromium ${context.browser()?.version() ?? ''}`.trim(),
    complaint: () => complaint,
    close: () => context.close(),
  });
}

/** @param {string} executablePath @param {string} profile @param {string} address */
async function openFirefox(executablePath, profile, address) {
  const { default: puppeteer } = await import('puppeteer-core');
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    userDataDir: profile,
    extraPrefsFirefox: FIREFOX_PREFS,
    env: browserEnvironment(),
    // Evaluations wait for the page as long as it takes; the lab has no fixed pace.
    protocolTimeout: 0,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  const page = (await browser.pages())[0] ?? (await browser.newPage());
  /** @type {string | undefined} */
  let complaint;
  page.on('pageerror', (error) => {
    complaint ??= error instanceof Error ? error.message : String(error);
  });
  await page.goto(address);
  return /** @type {LabPage} */ ({
    evaluate: (does, argument) => plainly(byText(page, does, argument)),
    version: (await browser.version()).replace('/', ' '),
    complaint: () => complaint,
    close: () => browser.close(),
  });
}

/**
 * The answer as JSON text: WebDriver BiDi sends an object that occurs twice only once.
 * @param {import('puppeteer-core').Page} page
 * @param {Function} does
 * @param {unknown} argument
 */
async function byText(page, does, argument) {
  const handle = await page.evaluateHandle(/** @type {any} */ (does), argument);
  try {
    const text = await handle.evaluate((answer) => JSON.stringify(answer));
    return text === undefined ? undefined : JSON.parse(text);
  } finally {
    await handle.dispose();
  }
}
