/** The two policies let through what the page is made of, and nothing else. */
import { beforeAll, expect, test, vi } from 'vitest';
import { HEADERS, META_POLICY } from '../../scripts/build/policy.mjs';

let checkOwn: (address: string) => string;
let checkTemplate: (markup: string) => string;
beforeAll(async () => {
  vi.stubGlobal('location', new URL('https://page.example/lab/'));
  ({ checkOwn } = await import('../../workers/own_script'));
  ({ checkTemplate } = await import('../../src/ui/template'));
});

test('scripts of the page are its own', () => {
  expect(checkOwn('./assets/lab.js')).toBe('https://page.example/lab/assets/lab.js');
});

test.each([
  'https://elsewhere.example/a.js',
  '//elsewhere.example/a.js',
  'http://page.example/a.js',
  'data:text/javascript,alert(1)',
  'blob:https://page.example/1-2',
  'javascript:alert(1)',
])('%s is not', (address) => {
  expect(() => checkOwn(address)).toThrow("Only the page's own scripts run here");
});

test.each([
  '<p>text',
  '<p>an epoch, once = one pass',
  '<button type=button data-on=1>',
  '<svg><path d="M0 0"/></svg>',
])('%s is a template', (markup) => {
  expect(checkTemplate(markup)).toBe(markup);
});

test.each([
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<SCRIPT>alert(1)</SCRIPT>',
  '<a href="javascript:alert(1)">',
  '<iframe src=x>',
])('%s is none', (markup) => {
  expect(() => checkTemplate(markup)).toThrow('A template of this page holds code');
});

test('the policy allows nothing inline, nothing evaluated and nothing from elsewhere', () => {
  for (const policy of [META_POLICY, HEADERS['Content-Security-Policy']]) {
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:|blob:|'allow-duplicates'/);
  }
});
