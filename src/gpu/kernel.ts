/**
 * A kernel: one `.wgsl` file and the table of what it binds.
 *
 * Convention for every shader: binding 0 is the uniform `params` (scalars of four bytes, in the
 * order of the table), bindings 1… are the storage buffers in the order of the table, or images of
 * them (images.ts). The tables are checked against the WGSL by reflection in
 * `tests/kernels/tables.test.ts`.
 *
 * Left out on purpose: automatic layouts, several bind groups, textures with a sampler.
 */

export type Scalar = 'u32' | 'i32' | 'f32';
/** What a buffer holds. */
export type ElementType = Scalar | 'f16';
export type Access = 'in' | 'out' | 'inout';

/**
 * One storage buffer of a kernel. `shape` is a product list in the kernel's params: `'N, 3*C'`;
 * `ceil4(V)` is V rounded up to a multiple of 4.
 */
export interface Binding {
  readonly access: Access;
  readonly type: ElementType;
  readonly shape: string;
  /** Left unbound when the tunable that uses it is 0; a small dummy stands in. */
  readonly optional: boolean;
  /** Read as an image of its last dimension's fours by the rest: rgba32float, without a sampler. */
  readonly image: boolean;
}

export type Values<K extends string = string> = Readonly<Record<K, number>>;
export type Grid = readonly [x: number, y?: number, z?: number];

export interface Kernel<
  B extends string = string,
  P extends string = string,
  C extends string = string,
> {
  /** The shader's file name without `.wgsl`. */
  readonly name: string;
  readonly code: string;
  /** Optional features of a device, or of WGSL, without which the shader does not compile. */
  readonly features?: readonly string[];
  readonly params: Readonly<Record<P, Scalar>>;
  readonly bindings: Readonly<Record<B, Binding>>;
  /**
   * Values of the shader's `override` constants, and of those `const NAME: u32 = …;` that size
   * private arrays (WGSL allows no `override` there, so the loader rewrites the declaration).
   */
  readonly constants: Values<C>;
  /** Workgroups for these params and constants. */
  readonly grid: (params: Values<P>, constants: Values<C>) => Grid;
}

const binding = (access: Access, type: ElementType, shape: string, optional = false): Binding => ({
  access,
  type,
  shape,
  optional,
  image: false,
});

/** A buffer that is only read. */
export const input = (shape: string, type: ElementType = 'f32') => binding('in', type, shape);
/** A matrix of floats that is only read, as an image. */
export const image = (shape: string): Binding => ({ ...input(shape), image: true });
/** A buffer that is only read, and only when its constant is set. */
export const optionalInput = (shape: string, type: ElementType = 'f32') =>
  binding('in', type, shape, true);
/** A buffer that is written whole, whatever it held. */
export const output = (shape: string, type: ElementType = 'f32') => binding('out', type, shape);
export const optionalOutput = (shape: string, type: ElementType = 'f32') =>
  binding('out', type, shape, true);
/** A buffer that is changed in place or accumulated into. */
export const inout = (shape: string, type: ElementType = 'f32') => binding('inout', type, shape);
export const optionalInout = (shape: string, type: ElementType = 'f32') =>
  binding('inout', type, shape, true);

/** Declares a kernel with its names inferred, so that a misspelt binding does not compile. */
export function defineKernel<B extends string, P extends string, C extends string = never>(
  kernel: Kernel<B, P, C>,
): Kernel<B, P, C> {
  return kernel;
}

/** The next multiple of 4. */
export const ceil4 = (count: number) => 4 * Math.ceil(count / 4);

/** The sizes in a shape such as `'B*T, 3*C'` for these params: `[B·T, 3·C]`. */
export function shapeOf(shape: string, params: Values): number[] {
  return shape.split(',').map((side) =>
    side.split('*').reduce((product, factor) => {
      const word = factor.trim();
      const rounded = /^ceil4\((\w+)\)$/.exec(word)?.[1];
      const name = rounded ?? word;
      const value = /^\d+$/.test(name) ? Number(name) : params[name];
      if (value === undefined) throw new Error(`shape '${shape}' names '${name}', not a parameter`);
      return product * (rounded ? ceil4(value) : value);
    }, 1),
  );
}

/** Number of elements in a shape. */
export const elementsOf = (shape: string, params: Values) =>
  shapeOf(shape, params).reduce((product, side) => product * side, 1);

/** Bytes of one element. */
export const bytesOfElement = (type: ElementType) => (type === 'f16' ? 2 : 4);

/** Bytes of a whole buffer. */
export const bytesOfBinding = ({ type, shape }: Binding, params: Values) =>
  bytesOfElement(type) * elementsOf(shape, params);

/** Workgroups needed for `count` items at `size` a group. */
export const groups = (count: number, size: number) => Math.max(1, Math.ceil(count / size));

/**
 * Spreads more than 65,535 workgroups over two dimensions. The shader's flat index is then
 * `workgroup_id.y * num_workgroups.x + workgroup_id.x`.
 */
export function flatGrid(count: number): Grid {
  const limit = 65_535;
  return count <= limit ? [count] : [limit, Math.ceil(count / limit)];
}
