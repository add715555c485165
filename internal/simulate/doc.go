// Package simulate runs operations where anything may happen, and holds their safety properties.
//
// Run is one fault run: a scene, an operation and its faults are drawn from a seed; the operation runs on the model, with its variants of what is not established
// about ECS, through a provider that throttles, fails, loses answers, shows stale reads, and lets others act; and where the seed says so, it crashes and is resumed, or
// what it left is restored. After each action and at the end the properties are held against the truth, which the operation never sees.
//
// What is rare by chance is aimed at: two thirds of the seeds bring one fault and one step of an operation together (Pairs), and what may be taken for our own doing
// comes more often just after a lost answer.
//
// RunLeaving is a fault run of instances that leave, by drains and by lifecycle hooks: here several processes work side by side, on events that come twice, late and out of
// order, and each may die at any step and be begun anew or resumed.
//
// The hostile provider makes any transition that the API permits, at any time: tasks of every deployment come, go, fall ill and recover; deployments complete,
// fail and are rolled back; others deploy, scale and delete; answers are lost, calls are throttled, reads are stale or denied. It knows no rule of the scheduler,
// so an operation that is safe here relies on none; every operation runs here. Only what the API itself promises is kept: a task's status goes forward, ids are never
// used again, time never goes back, a read is some seconds old at the most, and a deployment that is shown as COMPLETED has its tasks running.
//
// A run is a function of its seed.
package simulate
