/**
 * Parts of a `with` that remove the events of the jobs in `gone (id)` from the feeds of organizations. The newest
 * row of an organization stays, without its data, so that its numbers go on.
 */
export const FORGET_ORG_EVENTS = `
  emptied as (
    update org_events e set data = null, key_id = null
    where e.job_id in (select id from gone)
      and e.seq = (select max(seq) from org_events m where m.org_id = e.org_id)
  ), forgotten as (
    delete from org_events e
    where e.job_id in (select id from gone)
      and e.seq < (select max(seq) from org_events m where m.org_id = e.org_id)
  )`;
