import { testApiCalls } from './knife/api-calls.ts';
import { testJobOptions } from './knife/job-options.ts';
import { testJobReports } from './knife/job-reports.ts';
import { testJobStart } from './knife/job-start.ts';
import { testNodeStatus } from './knife/node-status.ts';
import { usePlay } from './knife/play.ts';
import { testRefusals } from './knife/refusals.ts';

// A Chef server of chef-zero behind nginx, our server on PostgreSQL, two agents of ours and the reference agent
// in every job: knife with knife-push 2.0.1 and our command line say the same, to the letter.
describe('knife and pushy with both kinds of agent', () => {
  const play = usePlay();
  describe('node status', () => {
    testNodeStatus(play);
  });
  describe('job start', () => {
    testJobStart(play);
  });
  describe('job start with a file, an environment, a directory and a user', () => {
    testJobOptions(play);
  });
  describe('job status, job list and job output', () => {
    testJobReports(play);
  });
  describe('knife exec and knife raw', () => {
    testApiCalls(play);
  });
  describe('refusals', () => {
    testRefusals(play);
  });
});
