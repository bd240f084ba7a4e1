import { escape, STYLE } from './plot.ts';

/** What Node's `--cpu-prof` writes. Times in microseconds on the monotonic clock. */
export interface CpuProfile {
  startTime: number;
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

/** Time spent in a part of the program and in what it called, in microseconds. */
interface Frame {
  label: string;
  kind: Kind;
  time: number;
  callees: Map<string, Frame>;
}

type Kind = keyof typeof COLOURS;

const COLOURS = {
  Ordermill: '#2f81f7',
  'Express and Nest': '#d29922',
  Node: '#3fb950',
  'SQLite and its driver': '#db61a2',
  'other libraries': '#a371f7',
};

const WIDTH = 1000;
const ROW = 20;
const NARROWEST = 2;
const CHARACTER = 6.6;

/** An icicle of the samples between two instants: callers above callees, neighbours of one package drawn as one. */
export function flameGraph(title: string, profile: CpuProfile, from: number, to: number): string {
  const root: Frame = { label: 'all', kind: 'Node', time: 0, callees: new Map() };
  const stacks = stacksOf(profile);
  let at = profile.startTime;
  profile.samples.forEach((id, index) => {
    const took = profile.timeDeltas[index] ?? 0;
    at += took;
    const stack = stacks.get(id) ?? [];
    if (at < from || at > to || stack.at(-1)?.label === '(idle)') return;
    root.time += took;
    let frame = root;
    for (const { label, kind } of stack) {
      let callee = frame.callees.get(label);
      if (!callee) frame.callees.set(label, (callee = { label, kind, time: 0, callees: new Map() }));
      callee.time += took;
      frame = callee;
    }
  });
  const scale = WIDTH / root.time;
  const rows = draw(root, 0, 0, scale);
  const depth = Math.max(...rows.map(({ level }) => level)) + 1;
  const legend = Object.entries(COLOURS).map(
    ([kind, colour], index) =>
      `<rect x="${8 + index * 170}" y="32" width="12" height="12" fill="${colour}"/><text x="${26 + index * 170}" y="43">${kind}</text>`,
  );
  const height = 56 + depth * ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escape(title)}</title>
${STYLE}
<text x="8" y="20" font-weight="600">${escape(title)}</text>
${legend.join('\n')}
${rows.map(({ svg }) => svg).join('\n')}
</svg>
`;
}

function draw(frame: Frame, x: number, level: number, scale: number): { level: number; svg: string }[] {
  const drawn = [];
  let left = x;
  for (const callee of [...frame.callees.values()].sort((a, b) => b.time - a.time)) {
    const width = callee.time * scale;
    if (width < NARROWEST) continue;
    const percent = ((callee.time * scale * 100) / WIDTH).toFixed(1);
    const y = 56 + level * ROW;
    const room = Math.floor((width - 6) / CHARACTER);
    const text =
      callee.label.length <= room ? callee.label : room > 3 ? `${callee.label.slice(0, room - 1)}…` : '';
    drawn.push({
      level,
      svg: `<g><title>${escape(callee.label)}: ${percent} %</title><rect x="${left.toFixed(1)}" y="${y}" width="${(width - 0.5).toFixed(1)}" height="${ROW - 1}" fill="${COLOURS[callee.kind]}" fill-opacity=".45"/><text x="${(left + 3).toFixed(1)}" y="${y + 14}" style="font-size:11px">${escape(text)}</text></g>`,
    });
    drawn.push(...draw(callee, left, level + 1, scale));
    left += width;
  }
  return drawn;
}

/** The way from the outermost caller to each node, neighbours of one package as one. */
function stacksOf({ nodes }: CpuProfile): Map<number, { label: string; kind: Kind }[]> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const stacks = new Map<number, { label: string; kind: Kind }[]>();
  const visit = (id: number, above: { label: string; kind: Kind }[]) => {
    const node = byId.get(id);
    if (!node) return;
    const part = partOf(node.callFrame);
    const stack = !part || part.label === above.at(-1)?.label ? above : [...above, part];
    stacks.set(id, stack);
    for (const child of node.children ?? []) visit(child, stack);
  };
  if (nodes[0]) visit(nodes[0].id, []);
  return stacks;
}

function partOf({ functionName, url }: { functionName: string; url: string }) {
  if (functionName === '(root)') return undefined;
  if (!url) {
    const isCaller = functionName.startsWith('('); // (idle), (garbage collector), (program)
    return isCaller ? { label: functionName, kind: 'Node' as const } : undefined; // native code belongs to its caller
  }
  const name = /node_modules\/((@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (name === 'better-sqlite3') return { label: name, kind: 'SQLite and its driver' as const };
  if (name && /^(@nestjs|express|router)/.test(name))
    return { label: name, kind: 'Express and Nest' as const };
  if (name) return { label: name, kind: 'other libraries' as const };
  if (url.endsWith('sqlite.connection.js'))
    return { label: 'SQLite', kind: 'SQLite and its driver' as const };
  if (url.startsWith('node:')) return { label: url.split('/')[0] ?? url, kind: 'Node' as const };
  return { label: url.split('/').at(-1) ?? url, kind: 'Ordermill' as const };
}
