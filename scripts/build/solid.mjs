/** Solid's compiler for whatever is served under the page's policy: templates by src/ui/template.ts. */
import solid from 'vite-plugin-solid';

export const trustedSolid = () => solid({ solid: { moduleName: '/src/ui/template.ts' } });
