-- The newest release that a branch was seen to have whole: how far behind is it?
alter table branches add column whole_release integer;

-- When this hub signed each release: since when is a branch behind?
create table releases (
  version   integer not null primary key,
  signed_at integer not null                 -- Unix milliseconds
) strict;

-- What branches suffered from, as they told it: what has happened at this branch?
create table branch_troubles (
  id       integer primary key,
  branch   text    not null references branches (name),
  code     text    not null,
  name     text    not null,                 -- the file that is concerned; empty = none
  message  text    not null,
  first_at integer not null,                 -- Unix milliseconds, by the hub's clock
  last_at  integer not null,
  ended_at integer                           -- null = it lasts
) strict;

create index branch_troubles_by_branch on branch_troubles (branch, id);
create index branch_troubles_open on branch_troubles (branch) where ended_at is null;
