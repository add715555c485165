// Package whatif shows what a restart would do to a service that exists only on paper: a setting goes in, the whole run comes out, down to each event of ECS.
//
// It guarantees that a result is what the restart itself does on the model, without chance (every duration is its median), and that the same setting always
// gives the same result. Nothing is read and nothing is changed anywhere; no account is needed.
//
// The caller hands in a Setting within its limits; Check tells. The package never predicts a particular service: that takes its measured durations, which are
// the forecast's.
package whatif
