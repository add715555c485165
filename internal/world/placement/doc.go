// Package placement is how ECS finds a container instance for a task, as a pure model: what an instance has left, which instances a task may run on, and which of
// them it gets.
//
// Choose guarantees that the instance it gives is ACTIVE, that its agent is connected, that every constraint holds there, and that all that the task needs is left
// there; where there is none it says why, in the words of ECS's failures. It reads nothing but its arguments and changes nothing. Take and Give keep the books of
// an instance, and are each other's inverse. The query language of constraints and filters is read by ParseExpression, which accepts what the developer guide
// documents and refuses all else.
//
// It knows neither services nor Auto Scaling groups; package world brings them together.
package placement
