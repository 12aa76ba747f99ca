import { send } from '../helpers/http.ts';

/** The numbers that the server counts, as its metrics page shows them. */
export interface Counts {
  /** The sum over all series of this name whose labels hold all of these. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
  /** All series of this name, in words. */
  all(name: string): string;
}

/** Reads them now. */
export async function readCounts(port: number): Promise<Counts> {
  const { status, body } = await send({ port, path: '/metrics' });
  if (status !== 200) throw new Error(`GET /metrics: ${status}`);
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return {
    sum: (name, labels = {}) => {
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      return lines
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
        .filter((line) => wanted.every((label) => line.includes(label)))
        .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
    },
    all: (name) =>
      lines
        .filter((line) => line.startsWith(`${name}{`))
        .map((line) => line.replace(/^[^"]*"([^"]*)".* /, '$1 '))
        .join(', '),
  };
}
