/** How much of a benchmark is run: all of it, or just enough to see that it still works. */
export interface Scale {
  quick: boolean;
  rounds: number;
  /** Of load in one round. */
  seconds: number;
  /** `full` in a full run, a hundredth of it in a quick one. */
  orders(full: number): number;
}

/** The same quantity of one contestant, once for each round. */
export interface Series {
  name: string;
  unit: string;
  values: number[];
  /** What Ordermill is compared with. */
  isBaseline?: boolean;
}

/** What is asked of Ordermill, and what was found. Exactly one of the limits is set. */
export interface Bar {
  claim: string;
  value: number;
  atLeast?: number;
  atMost?: number;
}

/** Lines over a common x axis. */
export interface Chart {
  title: string;
  unit: string;
  x: { name: string; values: number[]; logarithmic: boolean };
  lines: { name: string; values: number[] }[];
}

export interface Findings {
  series: Series[];
  bars: Bar[];
  /** Without one, the series are drawn as horizontal bars. */
  chart?: Chart;
}

export interface Benchmark {
  name: string;
  title: string;
  /** What it needs beside this project: it runs only when it is asked for by name. */
  needs?: string;
  run(scale: Scale): Promise<Findings>;
}
