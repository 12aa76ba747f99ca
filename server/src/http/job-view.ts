import {
  formatHttpDate,
  type Job,
  type JobBrief,
  type JobBriefDetail,
  type JobDetailView,
  type NodesByStatus,
} from '@pushy/protocol';

/** A stored job, as much of it as the API shows. Times in milliseconds since 1970. */
export interface ShownJob {
  id: string;
  command: string;
  status: JobBrief['status'];
  runTimeout: number;
  createdAt: number;
  updatedAt: number;
  user?: string;
  dir?: string;
  env?: Readonly<Record<string, string>>;
  file?: string;
  capture: boolean;
}

/** A stored job with what the richer answers add. */
export interface ShownDetail extends ShownJob {
  quorum: number;
  requester: string;
  counts: JobBriefDetail['counts'];
  /** It was asked to stop as a whole. */
  stopped?: boolean;
}

/** An element of the list (REFERENCE 8.4): never the nodes, the quorum or the file itself. */
export function briefOf(job: ShownJob): JobBrief {
  return {
    id: job.id,
    command: job.command,
    status: job.status,
    run_timeout: job.runTimeout,
    created_at: formatHttpDate(job.createdAt),
    updated_at: formatHttpDate(job.updatedAt),
    ...(job.user === undefined ? {} : { user: job.user }),
    ...(job.dir === undefined ? {} : { dir: job.dir }),
    ...(job.env === undefined ? {} : { env: job.env }),
    ...(job.capture ? { capture_output: true } : {}),
    ...(job.file === undefined ? {} : { file_specified: true }),
  };
}

/** One job (REFERENCE 8.5). Clients compare it exactly: no other key may be present. */
export function viewOf(job: ShownJob & { nodes: NodesByStatus }, includeFile: boolean): Job {
  const { file_specified, ...brief } = briefOf(job);
  const file =
    file_specified === undefined || job.file === undefined
      ? {}
      : includeFile
        ? { file: job.file }
        : { file_specified };
  return { nodes: job.nodes, ...brief, ...file };
}

/** An element of the list with `detail=true`. */
export function briefDetailOf(job: ShownDetail): JobBriefDetail {
  return { ...briefOf(job), ...detailOf(job) };
}

/** One job with `detail=true`. */
export function detailViewOf(
  job: ShownDetail & { nodes: NodesByStatus },
  includeFile: boolean,
): JobDetailView {
  return { ...viewOf(job, includeFile), ...detailOf(job) };
}

function detailOf(
  job: ShownDetail,
): Pick<JobBriefDetail, 'quorum' | 'requester' | 'capture_output' | 'stop_requested' | 'counts'> {
  return {
    quorum: job.quorum,
    requester: job.requester,
    capture_output: job.capture,
    stop_requested: job.stopped ?? false,
    counts: job.counts,
  };
}
