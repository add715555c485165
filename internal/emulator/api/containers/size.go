package containers

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/emulator/api"
)

// memories are the MiB that a Fargate task may have with its CPU: from, to, and the step between. 256 units have 512, 1024 or 2048, which no step makes.
// Source: developer guide, task_definition_parameters, task size.
func memories(cpu int) (from, to, step int) {
	switch cpu {
	case 256:
		return 512, 2048, 512
	case 512:
		return 1024, 4096, 1024
	case 1024:
		return 2048, 8192, 1024
	case 2048:
		return 4096, 16384, 1024
	case 4096:
		return 8192, 30720, 1024
	case 8192:
		return 16384, 61440, 4096
	case 16384:
		return 32768, 122880, 8192
	}
	return 0, -1, 1
}

// fitsFargate tells whether Fargate has a task of this size. Windows takes from one to four vCPU.
func fitsFargate(cpu, memory int, on *types.RuntimePlatform) bool {
	from, to, step := memories(cpu)
	windows := on != nil && strings.HasPrefix(string(on.OperatingSystemFamily), "WINDOWS")
	return memory >= from && memory <= to && (memory-from)%step == 0 && (cpu != 256 || memory != 1536) && (!windows || cpu >= 1024 && cpu <= 4096)
}

// sized reads the task's size and writes it as ECS keeps it: CPU units and MiB. "1 vCPU" is 1024, "0.5 GB" is 512.
// Source: API Reference, RegisterTaskDefinition.cpu and memory; the words are those of the developer guide, task-cpu-memory-error.
func sized(in *ecs.RegisterTaskDefinitionInput) (cpu, memory int, err error) {
	cpu, ok := amountOf(in.Cpu, "vcpu")
	if !ok {
		return 0, 0, client("Invalid 'cpu' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
	}
	memory, ok = amountOf(in.Memory, "gb")
	if !ok {
		return 0, 0, client("Invalid 'memory' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
	}
	return cpu, memory, nil
}

// amountOf reads a whole number, or a decimal one with its unit, which is 1024 of them; 0 where there is none.
func amountOf(text *string, unit string) (n int, ok bool) {
	if text == nil {
		return 0, true
	}
	number, has := strings.CutSuffix(strings.ToLower(strings.TrimSpace(*text)), unit)
	if !has {
		n, err := strconv.Atoi(number)
		return n, err == nil && n > 0
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	return int(f * 1024), err == nil && f > 0
}

// checkSize refuses what the task's size does not hold. The words about Fargate are those of the developer guide, the others those of public reports, but for the least memory.
func checkSize(in *ecs.RegisterTaskDefinitionInput) error {
	cpu, memory, err := sized(in)
	if err != nil {
		return err
	}
	if onFargate(in) && !fitsFargate(cpu, memory, in.RuntimePlatform) {
		return client("No Fargate configuration exists for given values: %d CPU, %d memory. See the Amazon ECS documentation for the valid values.", cpu, memory)
	}
	all := 0
	for _, c := range in.ContainerDefinitions {
		all += int(c.Cpu)
		name, hard, soft := api.Value(c.Name), int(api.Value(c.Memory)), int(api.Value(c.MemoryReservation))
		switch {
		case c.Memory != nil && hard < 6 || c.MemoryReservation != nil && soft < 6: // Source: API Reference, ContainerDefinition.memory: Docker's least
			return client("Invalid setting for container '%s'. The memory must be at least 6 MiB.", name)
		case c.Memory != nil && c.MemoryReservation != nil && soft > hard:
			return client("Invalid setting for container '%s'. 'memory' must be greater than or equal to 'memoryReservation'.", name)
		case memory > 0 && max(hard, soft) > memory:
			return client("The 'memory' setting for container '%s' is greater than for the task.", name)
		}
	}
	if cpu > 0 && all > cpu { // Source: developer guide, task_definition_parameters, container cpu: on container instances, too
		return client("The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.")
	}
	return nil
}
