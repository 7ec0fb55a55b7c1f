import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import { items, sections } from '../items.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** The name of a case begins with the ids that it proves: `C6: …`, `D2, Q3: …`. */
const idsOfCase = /^([A-Z][0-9]+[a-z]?(?:, [A-Z][0-9]+[a-z]?)*): /;

/** What the cases of a run prove, as counted from their names. */
export interface Coverage {
  /** Passed cases by item; every known item is there. */
  counts: ReadonlyMap<string, number>;
  /** Passed cases in all. */
  passed: number;
  /** What is wrong with the names of cases, a line each. */
  problems: readonly string[];
}

/** Counts cases; one that cites nothing, or what is no item, is a problem. */
export function countCoverage(cases: readonly { name: string; hasPassed: boolean }[]): Coverage {
  const counts = new Map([...items.keys()].map((id) => [id, 0]));
  const problems: string[] = [];
  for (const { name, hasPassed } of cases) {
    const ids = idsOfCase.exec(name)?.[1]?.split(', ') ?? [];
    if (ids.length === 0) problems.push(`«${name}» does not begin with the items it proves`);
    for (const id of ids) {
      const count = counts.get(id);
      if (count === undefined) problems.push(`«${name}» cites ${id}, which is no item`);
      else if (hasPassed) counts.set(id, count + 1);
    }
  }
  return { counts, passed: cases.filter(({ hasPassed }) => hasPassed).length, problems };
}

/** The items without a passed case. */
export const uncoveredItems = ({ counts }: Coverage): string[] =>
  [...counts].filter(([, count]) => count === 0).map(([id]) => id);

/** Lines for people: each section that has cases, with its items and how many cases each has. */
export function coverageReport(coverage: Coverage): string[] {
  const { counts, passed } = coverage;
  const lines = Object.entries(sections).flatMap(([letter, { title, items: ofSection }]) => {
    const ids = Object.keys(ofSection);
    const covered = ids.filter((id) => counts.get(id) !== 0).length;
    if (covered === 0) return [];
    const shown = ids.map((id) => `${id}×${counts.get(id)}`).join(' ');
    return ` ${letter}  ${title}, ${covered} of ${ids.length}: ${shown}`;
  });
  const covered = counts.size - uncoveredItems(coverage).length;
  return [
    'Conformance to libcni: items and their passed cases',
    ...lines,
    ` ${covered} of ${counts.size} items, passed cases: ${passed}`,
  ];
}

/**
 * Reports the coverage after a run of the suite. The run fails if a name of a case is wrong, or,
 * when the whole suite ran, if an item has no passed case.
 */
export default class CoverageReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // Tests of the suite's own tools prove no item.
    const suite = modules.filter(
      ({ project, moduleId }) =>
        project.name === 'conformance' && !moduleId.startsWith(join(folder, 'support')),
    );
    if (suite.length === 0) return;
    const cases = suite.flatMap((module) => [...module.children.allTests()]);
    const coverage = countCoverage(cases.map(outcomeOf));
    const problems = [...coverage.problems];
    if (this.#isWhole(suite)) {
      for (const id of uncoveredItems(coverage)) {
        problems.push(`${id} has no passed case: ${items.get(id)}`);
      }
    }
    const lines = [...coverageReport(coverage), ...problems.map((problem) => ` ✗ ${problem}`)];
    process.stdout.write(`\n${lines.join('\n')}\n`);
    if (problems.length > 0) process.exitCode = 1;
  }

  /** False if only some files or some cases were wanted. */
  #isWhole(suite: readonly TestModule[]): boolean {
    const pattern = this.#vitest?.config.testNamePattern;
    return pattern === undefined && suite.length === suiteFiles().length;
  }
}

const outcomeOf = (test: TestCase) => ({
  name: test.name,
  hasPassed: test.result().state === 'passed',
});

function suiteFiles(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
}
