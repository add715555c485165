// Package balancing is the API of Elastic Load Balancing (ELBv2): load balancers, listeners and rules, target groups, targets, attributes and tags.
//
// Target groups and targets are the world's, which has rules for them. Load balancers, listeners and rules are declared in the world and have none: every
// target group counts as one that receives traffic, whether a listener forwards to it or not. What must fit together (names and ports that are taken,
// target groups that are in use, one load balancer for each target group) is checked here, because it depends on nothing but what was declared.
//
// Members of a request that no rule uses are kept beside the target group and come back in descriptions, attributes among them.
package balancing
