-- What the other server of a pair has in its trees comes into ours by the same intent journal.
alter table publications add column paired integer not null default 0; -- 1: no update, but files of the other server; its name is the tree
