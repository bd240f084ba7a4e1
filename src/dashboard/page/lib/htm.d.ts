import type { VNode } from 'preact';

type Html = (strings: TemplateStringsArray, ...values: unknown[]) => VNode;

/** Its own types say CommonJS; browsers get the module. */
declare const htm: { bind(h: unknown): Html };
export default htm;
