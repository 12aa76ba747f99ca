export { makeAgent, type Agent, type AgentPorts } from './agent.ts';
export { loadSettings, type AgentSettings, type ConfigSources } from './config.ts';
export { makeLink, newCurveKeys, type Link } from './link.ts';
export { makeLiveWhitelist } from './live-whitelist.ts';
export { makeWhitelist, summarize, type Whitelist, type WhitelistEntry } from './whitelist.ts';
export { AgentError, type AgentErrorCode } from './errors.ts';
