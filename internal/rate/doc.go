// Package rate is how often AWS lets an account call: token buckets, and the published buckets of each service, both as data.
//
// It guarantees that a Bucket is a function of its value and of the time it is given: the same calls at the same times are always answered alike. Times
// that go back add no token. Buckets know nothing of each other; which of them a call draws on is told by For, and who keeps them is the caller's choice:
// AWS keeps one of each per account and Region.
//
// The package has no clock, no lock and no global variable. It does not wait: Bucket.Ready says how long somebody would have to.
package rate
