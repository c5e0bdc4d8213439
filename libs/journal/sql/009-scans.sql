-- Scans of telephone firmware, and what the newest of them found.
create table scans (
  id         text    not null primary key,
  started_at integer not null,
  ended_at   integer,
  state      text    not null check (state in ('running', 'done', 'cancelled', 'failed')),
  asked_by   text    not null,             -- command, schedule or api
  ranges     text    not null,             -- for people
  addresses  integer not null,             -- in the ranges
  summary    text    not null,             -- JSON; its shape belongs to the scan
  files      text,                         -- what its files in Scan begin with
  code       text,
  message    text
) strict;
create index scans_by_start on scans (started_at);

create table scanned_phones (
  scan   text    not null references scans (id) on delete cascade,
  place  integer not null,                 -- the address as a number
  kind   text    not null,                 -- silent, other, current, behind, ahead or unknown
  failed integer not null check (failed in (0, 1)), -- 1: its last load of firmware failed
  phone  text    not null,                 -- JSON; its shape belongs to the scan
  words  text    not null,                 -- what people look for, in small letters
  primary key (scan, place)
) strict, without rowid;
