-- Each alarm of this server, from its raising to its end; history is bounded.
create table alarms (
  id            integer primary key autoincrement,
  condition     text    not null,
  about         text    not null,            -- branch, disk, certificate …; empty: this server itself
  severity      text    not null check (severity in ('critical', 'warning')),
  what          text    not null,            -- one sentence for people
  advice        text    not null,
  code          text,
  since         integer not null,            -- Unix milliseconds: first seen
  raised_at     integer not null,
  raise_told_at integer,                     -- queued for every receiver
  cleared_at    integer,
  clear_told_at integer
) strict;

-- Raised once.
create unique index alarms_active on alarms (condition, about) where cleared_at is null;
create index alarms_ended on alarms (cleared_at) where cleared_at is not null;
-- Which question: what is still to be told?
create index alarms_untold on alarms (id) where raise_told_at is null or (cleared_at is not null and clear_told_at is null);

-- Silence with an end; gone once that end is told.
create table alarm_mutes (
  id        integer primary key autoincrement,
  condition text,                            -- null: all alarms
  about     text,
  by_whom   text    not null,
  from_at   integer not null,
  until_at  integer not null
) strict;

-- What receivers have not acknowledged, in order.
create table alarm_queue (
  id        integer primary key autoincrement,
  receiver  text    not null,
  message   text    not null,                -- JSON
  queued_at integer not null,
  refusals  integer not null default 0       -- how often the receiver has refused it
) strict;
create index alarm_queue_order on alarm_queue (receiver, id);

create table alarm_receivers (
  receiver      text primary key,
  last_sent_at  integer,
  failing_since integer,
  last_error    text,
  dropped       integer not null default 0   -- messages that it never got, since the last that it did
) strict;
