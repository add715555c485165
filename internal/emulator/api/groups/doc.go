// Package groups is the API of EC2 Auto Scaling as far as container instances need it: groups with launch templates, lifecycle hooks, scale-in protection, standby and
// instance refreshes. Scaling policies, scheduled actions, warm pools, launch configurations and traffic sources are not offered: what a request says of them is kept as it
// was declared, and does nothing.
package groups
