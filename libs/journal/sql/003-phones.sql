-- The telephones that were seen, one row for each address: what they claim (User-Agent, names of files) and what they
-- proved by answering SNMP at their own address.
create table phones (
  address         text    not null primary key,
  first_seen      integer not null,           -- Unix milliseconds
  last_seen       integer not null,           -- Unix milliseconds
  agent           text,                       -- User-Agent, cut short
  maker           text,                       -- claimed
  model           text,                       -- claimed
  firmware        text,                       -- claimed
  mac             text,                       -- claimed; twelve hexadecimal digits
  proven_at       integer,                    -- Unix milliseconds of the last SNMP answer
  proven_model    text,
  proven_firmware text,
  proven_family   text,
  proven_mac      text,
  extension       text,                       -- proven; who is logged in
  backup_at       integer                     -- Unix milliseconds of the last backup that it stored here
) strict, without rowid;

-- Which question: which telephones were seen last, and which go when there are too many?
create index phones_by_last_seen on phones (last_seen);
-- Which question: has this telephone moved here from another address?
create index phones_by_proven_mac on phones (proven_mac) where proven_mac is not null;

-- The last files of each telephone, a few of each.
create table phone_files (
  address   text    not null references phones (address) on delete cascade,
  name      text    not null,                 -- as the transfers spell it
  direction text    not null check (direction in ('download', 'upload', 'removal')),
  outcome   text    not null check (outcome in ('done', 'failed', 'refused')),
  at        integer not null,                 -- Unix milliseconds
  primary key (address, name, direction)
) strict, without rowid;
