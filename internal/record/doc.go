// Package record is what an operation writes on the service that it changes, as tags: who is at it, until when that holds, since when, with which options, and
// what must be put back. So any machine that may read the service can go on with the operation or undo it, also when the one that began it is lost.
//
// It guarantees that Read gives back what Tags wrote, that a record takes at most MostTags tags, and that each value is one that AWS takes: 256 characters at
// most of letters, digits, space and _.:/=+-@ (API Reference, Tag). What does not fit is an error and never cut. Tags of others are neither read nor named.
//
// The caller must write the record before what it says is done, must keep its lease, and must remove Keys when nothing is held any more. A record is advice, not a
// lock: AWS has no compare-and-set on tags, infrastructure code may remove them, and with propagateTags=SERVICE copies of them stay on the tasks.
//
// The package is pure: it reads no clock and talks to nobody.
package record
