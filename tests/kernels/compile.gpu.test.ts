/** Every kernel compiles in this browser without one message, in every form that is recorded. */
import { describe, expect, it } from 'vitest';
import type { Values } from '../../src/gpu/kernel';
import { specialise } from '../../src/gpu/pipeline';
import { KERNELS } from '../../src/kernels';
import { workgroupSize } from '../../src/kernels/workgroup';
import { testGpu } from '../support/kernel';

/** As the table has it, with each option on, and with the workgroup of either kind of adapter. */
function forms(name: string, constants: Values): Values[] {
  const options = Object.entries(constants).filter(([, value]) => value === 0);
  const sizes = [true, false].map((software) => workgroupSize(name, { software }));
  return [
    constants,
    ...options.map(([option]) => ({ ...constants, [option]: 1 })),
    ...('WG' in constants ? sizes.map((WG) => ({ ...constants, WG })) : []),
  ];
}

describe.each([...KERNELS.values()])('$name', (kernel) => {
  it('compiles without a message', async () => {
    const gpu = await testGpu();
    // What a device cannot have, nothing is recorded with (trustFeatures).
    if (!(kernel.features ?? []).every((feature) => gpu.device.features.has(feature))) return;
    for (const constants of forms(kernel.name, kernel.constants)) {
      const { code } = specialise(kernel, constants);
      const { messages } = await gpu.device.createShaderModule({ code }).getCompilationInfo();
      expect(messages.map(({ lineNum, message }) => `line ${lineNum}: ${message}`)).toEqual([]);
      await expect(gpu.pipeline(kernel, constants)).resolves.toBeDefined();
    }
  });
});
