import os
import boto3

ecs = boto3.client('ecs', endpoint_url = os.environ['ENDPOINT_URL'])
tasklist = []

##执行第一次ListTasks，不能带nextToken
taskresponse = ecs.list_tasks(
    cluster = 'default',
    serviceName = 'test',
    #maxResults = 2,
)
tasklist += taskresponse['taskArns']

##判断API返回是否有nextToken字段，如果有则继续执行ListTasks，并带上nextToken
while ('nextToken' in taskresponse):
    # print('token exist')
    taskresponse = ecs.list_tasks(
        cluster = 'default',
        serviceName = 'test',
        #maxResults = 2,
        nextToken = taskresponse['nextToken']
    )
    tasklist += taskresponse['taskArns']

##Stop所有Task
for t in tasklist:
    ecs.stop_task(
        task = t
    )
    print(t + ' being stopped')

