/**
 * A device that fails in a stage, on devices that copy and compute nothing: the stage goes on, or
 * stops with its reason and is taken up again. That it ends in the same bits is in
 * faults.gpu.test.ts.
 */
import { describe, expect, it } from 'vitest';
import type { LabEvent } from '../../src/lab/api';
import { Control } from '../../src/lab/control';
import { EventQueue } from '../../src/lab/events';
import { Experiment } from '../../src/lab/experiment';
import { LabGpu } from '../../src/lab/lab_gpu';
import { makeMaterial } from '../../src/lab/material';
import { newRecord } from '../../src/lab/new_record';
import { openSession } from '../../src/lab/session';
import { Variants } from '../../src/lab/variants';
import { memoryStore } from '../../src/store/store';
import { FakeWebGpu } from '../support/fakeDevice';
import { smallConfig } from '../support/lab';

const PAUSES_MS = [10, 20, 30];
const STEPS = 60;

/** An open experiment and its control, as the lab has them. */
async function openControl() {
  const web = new FakeWebGpu();
  web.onDevice = (device) => {
    device.isPrompt = true;
  };
  const store = memoryStore();
  const events = new EventQueue();
  const told: LabEvent[] = [];
  events.listen((batch) => {
    told.push(...batch);
  });
  const variants = new Variants(store);
  const gpu = new LabGpu(
    (message) => session.runner.log('error', message),
    (opened) => variants.load(opened),
    web.entry,
    PAUSES_MS,
  );
  const record = newRecord(smallConfig(7, { 'base.tokens': 512 * STEPS }), 'faults', {
    ...{ ok: true, vendor: 'fake', architecture: '', description: '', is_fallback: true },
  });
  const session = await openSession(
    await Experiment.create(store, record),
    async (config, report) => makeMaterial(config, report),
    variants,
    events.emit,
    async () => [],
  );
  const control = new Control(session, events, () => gpu.now(), variants, PAUSES_MS);
  const said = (level: 'warn' | 'error') => {
    events.flush();
    return told.flatMap((e) => (e.type === 'log' && e.level === level ? [e.message] : []));
  };
  const { experiment } = session;
  const run = () => control.run(['base'], { checkpointMs: 0 });
  /** Does something to the device in use right after so many submits of the stage. */
  const strike = (submits: number, act: () => void) => {
    web.onDevice = (device, index) => {
      device.isPrompt = true;
      if (index > 0) return;
      device.onSubmit = (count) => count === submits && act();
    };
  };
  return { web, gpu, control, experiment, run, said, strike };
}

/** Well inside the training, which submits some times a step when each step has a checkpoint. */
const MIDWAY = 40;

describe('a device that is lost', () => {
  it('is opened again and the stage goes on from its checkpoint', async () => {
    const { web, run, said, strike, experiment } = await openControl();
    let from = 0;
    strike(MIDWAY, () => {
      from = experiment.checkpoint!.step;
      web.device.destroy();
    });
    await run();
    expect(web.devices).toHaveLength(2);
    expect(from).toBeGreaterThan(1);
    expect(from).toBeLessThan(STEPS);
    expect(experiment.record.stages.base).toBe('done');
    const steps = experiment.parts.metrics.base!.map(({ step }) => step);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    expect(steps.at(-1)).toBe(STEPS);
    expect(said('warn')).toEqual([
      'The GPU device was lost; the run goes on from its last checkpoint.',
    ]);
  });

  it('is opened again when it goes while its features are checked', async () => {
    const { web, run, said, experiment } = await openControl();
    web.onDevice = (device, index) => {
      device.isPrompt = true;
      if (index > 0) return;
      device.features.add('subgroups');
      device.createComputePipelineAsync = async () => {
        device.destroy();
        throw new Error('Instance dropped');
      };
    };
    await run();
    expect(web.devices).toHaveLength(2);
    expect(said('error')).toEqual([]);
    expect(experiment.record.stages.base).toBe('done');
  });

  it('is given up in a sentence when it goes each time while it is opened', async () => {
    const { web, gpu, control, run, experiment } = await openControl();
    web.onDevice = (device) => {
      device.isPrompt = true;
      device.features.add('subgroups');
      device.createComputePipelineAsync = async () => {
        device.destroy();
        throw new Error('Instance dropped');
      };
    };
    await expect(run()).rejects.toThrow(
      /lost and did not come back in 4 tries \(The GPU device was/,
    );
    expect(await gpu.open()).toMatchObject({ ok: false, problem: 'device' });
    web.onDevice = (device) => {
      device.isPrompt = true;
    };
    await control.resume();
    expect(experiment.record.stages.base).toBe('done');
  });

  it('is waited for while there is no adapter', async () => {
    const { web, run, strike, experiment } = await openControl();
    strike(MIDWAY, () => {
      web.missing = 2;
      web.device.destroy();
    });
    await run();
    expect(web.refused).toBe(2);
    expect(experiment.record.stages.base).toBe('done');
  });

  it('ends the stage when no adapter comes back, and the stage goes on once there is one', async () => {
    const { web, gpu, control, run, strike, experiment } = await openControl();
    strike(MIDWAY, () => {
      web.missing = Number.POSITIVE_INFINITY;
      web.device.destroy();
    });
    await expect(run()).rejects.toThrow(
      'did not come back in 4 tries (WebGPU is here, but it offers no adapter). Restart the browser',
    );
    expect(web.refused).toBe(PAUSES_MS.length + 1);
    expect(experiment.record.stages.base).toBe('failed');
    expect(experiment.checkpoint!.step).toBeGreaterThan(1);
    expect(await gpu.open()).toMatchObject({ ok: false, problem: 'no-adapter' });
    web.missing = 0;
    await control.resume();
    expect(experiment.record.stages.base).toBe('done');
  });

  it('is not waited for once somebody asks for a pause', async () => {
    const { web, control, run, strike, experiment } = await openControl();
    strike(MIDWAY, () => {
      web.missing = Number.POSITIVE_INFINITY;
      web.device.destroy();
    });
    const running = run();
    await expect.poll(() => web.refused, { interval: 1, timeout: 20_000 }).toBeGreaterThan(0);
    await control.pause();
    await running;
    expect(experiment.record.stages.base).toBe('paused');
    web.missing = 0;
    await control.resume();
    expect(experiment.record.stages.base).toBe('done');
  });

  it('ends the stage when it is lost again and again before a checkpoint', async () => {
    const { web, control, experiment } = await openControl();
    web.onDevice = (device) => {
      device.isPrompt = true;
      device.onSubmit = () => device.destroy();
    };
    await expect(control.run(['base'])).rejects.toThrow(/lost 4 times without a new checkpoint/);
    expect(web.devices).toHaveLength(4);
    expect(experiment.record.stages.base).toBe('failed');
  });
});

describe('work that does not end', () => {
  it('costs the device, and the stage goes on', async () => {
    const { web, gpu, run, said, strike, experiment } = await openControl();
    strike(MIDWAY, () => {
      web.device.isPrompt = false;
      void gpu.now().then(({ watchdog }) => {
        watchdog.patienceMs = 0;
      });
    });
    await run();
    expect(web.devices).toHaveLength(2);
    expect(web.devices[0]!.isDestroyed).toBe(true);
    expect(said('warn')[0]).toMatch(/not finished its work for \d s.* from its last checkpoint\.$/);
    expect(experiment.record.stages.base).toBe('done');
  });

  it('ends the stage when the same step hangs again, and the stage can be taken up', async () => {
    const { web, gpu, control, run, experiment } = await openControl();
    web.onDevice = (device, index) => {
      device.isPrompt = true;
      device.onSubmit = (count) => {
        if (index > 1 || count !== MIDWAY / (index + 1)) return;
        device.isPrompt = false;
        void gpu.now().then(({ watchdog }) => {
          watchdog.patienceMs = 0;
        });
      };
    };
    await expect(run()).rejects.toThrow(/the second time at the same step/);
    expect(web.devices).toHaveLength(2);
    expect(experiment.record.stages.base).toBe('failed');
    await control.resume();
    expect(experiment.record.stages.base).toBe('done');
  });
});

describe('an error that nothing caught', () => {
  it('stops the stage with its message at its last good checkpoint', async () => {
    const { web, control, run, said, strike, experiment } = await openControl();
    let good = 0;
    strike(MIDWAY, () => {
      good = experiment.checkpoint!.step;
      web.device.err({ message: '[Buffer "x"] is invalid.' } as GPUError);
    });
    await expect(run()).rejects.toThrow(/^The GPU reported an error: \[Buffer "x"\] is invalid\./);
    expect(experiment.checkpoint!.step).toBe(good);
    expect(experiment.record.stages.base).toBe('failed');
    expect(said('error')).toHaveLength(1);
    await control.resume();
    expect(web.devices).toHaveLength(2);
    expect(experiment.record.stages.base).toBe('done');
  });

  it('is told outside a stage, and the next use has a device of its own', async () => {
    const { web, gpu, run, said, experiment } = await openControl();
    await gpu.open();
    web.device.err({ message: 'a command is invalid' } as GPUError);
    expect(said('error')).toEqual([
      expect.stringMatching(/reported an error: a command is invalid/),
    ]);
    await run();
    expect(web.devices).toHaveLength(2);
    expect(experiment.record.stages.base).toBe('done');
  });
});

describe('memory that runs out while a stage is made', () => {
  it.each(['full', 'refused'] as const)(
    'ends the stage before its first step and is told in a sentence (%s)',
    async (how) => {
      const { web, control, run, experiment } = await openControl();
      let submits = 0;
      web.onDevice = (device, index) => {
        device.isPrompt = true;
        if (index > 0) return;
        device[how].add('gradients');
        device.onSubmit = () => submits++;
      };
      await expect(run()).rejects.toThrow(
        /no memory left for “gradients” \(\d.* MiB\) beside .* smaller batch or model/,
      );
      expect(submits).toBe(0);
      expect(experiment.record.stages.base).toBe('failed');
      expect(web.device.isDestroyed).toBe(true);
      await control.resume();
      expect(web.devices).toHaveLength(2);
      expect(experiment.record.stages.base).toBe('done');
    },
  );
});

it('a device is closed when what was stored for it cannot be read, and the next try opens another', async () => {
  const web = new FakeWebGpu();
  let isReadable = false;
  const gpu = new LabGpu(
    () => {},
    async () => {
      if (!isReadable) throw new Error('the database does not answer');
    },
    web.entry,
    PAUSES_MS,
  );
  await expect(gpu.open()).rejects.toThrow('the database does not answer');
  expect(web.device.isDestroyed).toBe(true);
  isReadable = true;
  expect(await gpu.open()).toMatchObject({ ok: true });
  expect(web.devices).toHaveLength(2);
  expect(web.device.isDestroyed).toBe(false);
  gpu.close();
});
