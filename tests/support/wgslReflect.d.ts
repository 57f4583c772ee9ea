/** The package's ES module by its path: its `main` is an ES module that Node takes for CommonJS. */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export { WgslReflect } from 'wgsl_reflect';
}
