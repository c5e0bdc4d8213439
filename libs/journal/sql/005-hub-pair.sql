-- Two hubs that take records of the same branches: what of it is whose to deliver, and what the other one has said.
alter table received add column change integer; -- of a record: grows with each change, so that the other hub asks for what is new
alter table received add column claim text not null default 'mine' check (claim in ('held', 'mine', 'yielded'));
update received set change = id where kind <> 'backup';

create unique index received_by_change on received (change) where change is not null;
-- Which question: what is not decided yet?
create index received_held on received (id) where claim = 'held';

-- The collector lacks it, it could be had, and it is ours to deliver.
drop index received_undelivered;
create index received_undelivered on received (kind, id)
  where delivered_at is null and damaged_at is null and claim = 'mine';

-- The records of the other hub, as it said last.
create table peer_held (
  branch    text    not null,
  kind      text    not null check (kind in ('cdr', 'bcms')),
  name      text    not null,
  size      integer not null,                -- bytes
  sha256    text    not null,
  claim     text    not null check (claim in ('held', 'mine', 'yielded')),
  whole     integer not null,                -- 0: its bytes there are no longer those that came
  delivered integer not null,                -- 1: the collector has it, as far as that hub knows
  primary key (branch, kind, name, size, sha256)
) strict, without rowid;
