/** The words of this project, each with its one meaning. Names in code, messages and documents use these. */
export const GLOSSARY = {
  agent: 'The program that runs on a node, keeps it available and runs jobs there.',
  available: 'Of a node: the server hears it and it takes a job now.',
  capture: 'To keep what a run writes to stdout and stderr and send it to the server.',
  command: 'The name that a job asks for; the whitelist turns it into a command line.',
  commit: 'The question of the server whether a node can run a job, and the yes of the node.',
  feed: 'The events of a job or an organization, as they happen.',
  heartbeat: 'The periodic sign of life: of the server to all nodes, of a node to the server.',
  incarnation:
    'One life of a process, named by a UUID; another incarnation has forgotten the first one.',
  job: 'One command for a set of nodes, with its quorum, its timeout and its result.',
  nack: 'The no of a node to a commit or a run.',
  node: 'A machine that Chef manages, by its node name; within a job, its part in that job.',
  organization: 'The tenant of a Chef server that a node, a user and a job belong to.',
  quorum: 'How many nodes must commit before any of them runs.',
  rehab: 'The state of a node from the abort that the server sent until the agent says aborted.',
  run: 'The process of a job on one node; also the order to start it.',
  'session key': 'The 32 bytes that sign every message between the server and one node.',
  voting: 'The phase of a job in which the server waits for every commit or nack.',
  whitelist: 'The commands that a node will run, each with its command line.',
} as const;
