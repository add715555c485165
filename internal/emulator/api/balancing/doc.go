// Package balancing is the API of Elastic Load Balancing (ELBv2) as far as the targets of tasks need it: target groups, their attributes, targets and tags.
//
// There are no load balancers and no listeners: descriptions of them are empty, or not found. Every target group counts as one that receives traffic.
//
// Members of a request that no rule uses are kept beside the target group and come back in descriptions, attributes among them.
package balancing
