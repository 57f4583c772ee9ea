/** Every kernel by name: for the hook page, the Kernels lens and the table tests. */
import type { Kernel } from '../gpu/kernel';
import * as attention from './attention';
import * as decodeLinear from './decode_linear';
import * as dropout from './dropout';
import * as embedding from './embedding';
import * as inside from './inside';
import * as linear from './linear';
import * as linearImages from './linear_images';
import * as linearQuads from './linear_quads';
import * as linearTiled from './linear_tiled';
import * as linearWide from './linear_wide';
import * as loss from './loss';
import * as nonfinite from './nonfinite';
import * as norm from './norm';
import * as optimizer from './optimizer';
import * as probe from './probe';
import * as rlhf from './rlhf';
import * as sampling from './sampling';

export const KERNELS: ReadonlyMap<string, Kernel> = new Map(
  [
    attention,
    decodeLinear,
    dropout,
    embedding,
    inside,
    linear,
    linearImages,
    linearQuads,
    linearTiled,
    linearWide,
    loss,
    nonfinite,
    norm,
    optimizer,
    probe,
    rlhf,
    sampling,
  ]
    .flatMap((group) => Object.values(group) as unknown as Kernel[])
    .map((kernel) => [kernel.name, kernel]),
);
