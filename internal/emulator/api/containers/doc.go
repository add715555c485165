// Package containers is the API of Amazon ECS: clusters, task definitions, services, tasks and tags.
//
// It guarantees that members of a request which no rule of the world uses come back in descriptions as they were declared: they are kept in the Action's
// Members, as JSON with the names that they have in ECS's API. Lists that AWS always sends are there even when they are empty, because the expressions of
// waiters fail on a list that is missing.
//
// The words of errors are AWS's own where they are known; the source is named where they are written. Other words are ours.
package containers
