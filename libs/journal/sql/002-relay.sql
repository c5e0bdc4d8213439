-- What branches have sent up to this hub. The whole identity is unique, so that nothing is stored or delivered twice.
create table received (
  id           integer primary key,          -- in the order of arrival: the other hub asks for what came after one
  branch       text    not null,
  kind         text    not null check (kind in ('backup', 'cdr', 'bcms')),
  name         text    not null,             -- as the branch names it, with /
  size         integer not null,             -- bytes
  sha256       text    not null,
  stored_as    text    not null,             -- inside the branch's folder; other than `name` where other bytes had that name
  modified_ms  integer not null,             -- by the branch's clock, for people only
  received_at  integer not null,             -- Unix milliseconds, by this hub's clock; of a backup: when it was last the newest
  delivered_as text,                         -- name in the collector's folder; set before the file appears there
  delivered_at integer,                      -- Unix milliseconds: handed to the collector
  purged_at    integer,                      -- Unix milliseconds
  unique (branch, kind, name, size, sha256)
) strict;

-- Which question: who has the newest backup of this name?
create index received_by_name on received (kind, name, received_at);
-- Which question: what does the collector still lack?
create index received_undelivered on received (kind, id) where delivered_at is null;

-- What this server has to send up, as it was when it was last hashed: an unchanged file is not read again.
create table outgoing (
  kind        text    not null check (kind in ('backup', 'cdr', 'bcms')),
  name        text    not null,
  size        integer not null,              -- bytes
  modified_ms real    not null,              -- Unix milliseconds, as the disk tells it
  sha256      text    not null,
  noticed_at  integer not null,              -- Unix milliseconds: seen first with these bytes
  primary key (kind, name)
) strict, without rowid;

-- What a hub has acknowledged, by the ledger it keeps: a hub that was set up anew has another one and is offered all again.
create table acknowledged (
  ledger  text    not null,                  -- id of the hub's ledger
  kind    text    not null,
  name    text    not null,
  sha256  text    not null,
  at      integer not null,                  -- Unix milliseconds
  primary key (ledger, kind, name)
) strict, without rowid;
