import type { Requesters } from './authenticate.ts';
import type { AuthorizeSettings, Groups } from './authorize.ts';
import type { BoundsDeps } from './bounds.ts';
import type { ConfigDeps } from './routes/config.ts';
import type { JobEraser } from './routes/delete-job.ts';
import type { OpenFeeds } from './routes/feeds.ts';
import type { JobOutputs } from './routes/job-output.ts';
import type { JobFinder } from './routes/job.ts';
import type { CreateJobSettings, JobList, JobStarter, NodeSearch } from './routes/jobs.ts';
import type { NodeNames, Presence } from './routes/node-states.ts';
import type { StatusSource } from './routes/status.ts';
import type { JobStopper } from './routes/stop-job.ts';

/** What the API is made over: the ports of its routes. */
export interface AppDeps {
  clock: { now(): number };
  log: {
    debug(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  directory: Requesters & Groups & NodeNames & NodeSearch;
  /** What is stored. */
  jobs: JobFinder & JobList & JobOutputs & JobEraser;
  starter: JobStarter & JobStopper;
  presence: Presence;
  feeds: OpenFeeds;
  config: ConfigDeps;
  status: StatusSource;
  settings: AuthorizeSettings & CreateJobSettings;
  /** Without them everything is taken that comes. */
  bounds?: BoundsDeps;
  /** True for the error of a store that is away for now (Decision 2). */
  isUnavailable: (error: unknown) => boolean;
}
