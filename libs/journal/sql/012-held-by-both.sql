-- Both hubs of a pair hold the bytes of what came up, and agree which backup of a name is the newest.
alter table received add column saved_at integer; -- of a backup: Unix milliseconds, when it was saved; the latest of a name is the newest

update received set saved_at = min(modified_ms, received_at) where kind = 'backup';
-- So far the one that came last was the newest.
update received as r
set saved_at = 1 + (select max(saved_at) from received n where n.branch = r.branch and n.kind = 'backup' and n.name = r.name)
where kind = 'backup'
  and received_at = (select max(received_at) from received n where n.branch = r.branch and n.kind = 'backup' and n.name = r.name)
  and exists (
    select 1 from received n
    where n.branch = r.branch and n.kind = 'backup' and n.name = r.name and n.id <> r.id and n.saved_at >= r.saved_at
  );

-- Backups are told to the other hub, too: the newest of each name.
create temp table last_change as select coalesce(max(change), 0) as change from received;
update received as r set change = id + (select change from last_change)
where kind = 'backup' and not exists (
  select 1 from received n
  where n.branch = r.branch and n.kind = 'backup' and n.name = r.name and (n.saved_at, n.id) > (r.saved_at, r.id)
);
drop table last_change;

-- What the other hub has, as it said last; it is read from the start once more.
drop table peer_held;
create table peer_held (
  branch      text    not null,
  kind        text    not null check (kind in ('backup', 'cdr', 'bcms')),
  name        text    not null,
  size        integer not null,                -- bytes
  sha256      text    not null,
  claim       text    not null check (claim in ('held', 'mine', 'yielded')),
  whole       integer not null,                -- 0: its bytes there are no longer those that came
  delivered   integer not null,                -- 1: the collector has it, as far as that hub knows
  change      integer not null,                -- its number there
  modified_ms integer,                         -- by the branch's clock; null: its bytes cannot be had there
  received_at integer,                         -- Unix milliseconds, when it came there
  saved_at    integer,                         -- as in `received`; of records nobody asks
  lacking     integer not null default 0,      -- 1: its bytes are wanted here
  primary key (branch, kind, name, size, sha256)
) strict, without rowid;
-- Which question: what is to be fetched next?
create index peer_lacking on peer_held (delivered, change) where lacking = 1;
delete from facts where key = 'peer ledger read up to';
