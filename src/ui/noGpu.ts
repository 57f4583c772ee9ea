/** What to do when the lab cannot compute here, for this browser on this system. Plain strings. */
import type { GpuStatus } from '../lab/api';

export interface Advice {
  readonly title: string;
  readonly steps: readonly string[];
}

type Problem = Extract<GpuStatus, { ok: false }>['problem'];
type Browser = 'firefox' | 'safari' | 'chromium';
type System = 'windows' | 'mac' | 'linux' | 'android' | 'ios';

const browserOf = (agent: string): Browser =>
  /Firefox|FxiOS/.test(agent)
    ? 'firefox'
    : /Chrome|Chromium|Edg|CriOS/.test(agent)
      ? 'chromium'
      : 'safari';

const systemOf = (agent: string): System =>
  /iPhone|iPad/.test(agent)
    ? 'ios'
    : /Android/.test(agent)
      ? 'android'
      : /Windows/.test(agent)
        ? 'windows'
        : /Mac OS/.test(agent)
          ? 'mac'
          : 'linux';

const OTHER_BROWSER: Readonly<Record<System, string>> = {
  windows: 'Or open this page in Chrome, Edge or Firefox 141 and later.',
  mac: 'Or open this page in Chrome, or in Safari 26 and later.',
  linux: 'Or open this page in Chrome with a Vulkan driver (Debian: mesa-vulkan-drivers).',
  android: 'Or open this page in Chrome 121 and later on Android 12 and later.',
  ios: 'Or open this page on a computer.',
};

/** How WebGPU is switched on. */
function enable(browser: Browser, system: System): string {
  if (browser === 'firefox') {
    return system === 'windows' || system === 'mac'
      ? 'Update Firefox; where it is still missing, set dom.webgpu.enabled to true in about:config and restart.'
      : 'In about:config set dom.webgpu.enabled to true (in Firefox ESR also gfx.webgpu.ignore-blocklist), then restart.';
  }
  if (browser === 'safari') {
    return system === 'ios'
      ? 'Update to iOS 26 or later.'
      : 'Update to Safari 26 or later, or switch WebGPU on under Develop › Feature Flags.';
  }
  return system === 'linux'
    ? 'Open chrome://flags, enable “Unsafe WebGPU Support” and “Vulkan”, then restart the browser.'
    : 'Update the browser to version 113 or later and restart it.';
}

const ACCELERATION: Readonly<Record<Browser, string>> = {
  chromium: 'Switch on graphics acceleration (Settings › System), then look at chrome://gpu.',
  firefox: 'Switch on hardware acceleration (Settings › Performance), then look at about:support.',
  safari: 'Restart Safari, and the computer if that does not help.',
};

/** Steps for a person, most likely cure first. `secure`: whether the page came by https or localhost. */
export function adviceFor(problem: Problem, agent: string, secure = true): Advice {
  const browser = browserOf(agent);
  const system = systemOf(agent);
  switch (problem) {
    case 'no-webgpu':
      return {
        title: 'This browser does not offer WebGPU here.',
        steps: secure
          ? [enable(browser, system), OTHER_BROWSER[system]]
          : ['Open this page by https or on localhost: browsers give WebGPU to secure pages only.'],
      };
    case 'no-adapter':
      return {
        title: 'WebGPU is there, but it found no graphics adapter.',
        steps: [
          ACCELERATION[browser],
          'If it was there before, restart the browser: after a crash of the graphics driver some keep the GPU off until then.',
          ...(system === 'linux'
            ? [
                'Install a Vulkan driver (Debian and Ubuntu: mesa-vulkan-drivers); it works without a graphics card too.',
              ]
            : ['Update the graphics driver.']),
          OTHER_BROWSER[system],
        ],
      };
    case 'limits':
      return {
        title: 'The graphics adapter is below what the smallest model needs.',
        steps: [
          'Close other tabs that use the GPU.',
          'Update the graphics driver.',
          OTHER_BROWSER[system],
        ],
      };
    case 'device':
      return {
        title: 'The graphics device could not be opened, or was lost.',
        steps: [
          'Reload the page; everything up to the last checkpoint is stored.',
          'Close other tabs that use the GPU, then reload.',
          ACCELERATION[browser],
        ],
      };
  }
}
