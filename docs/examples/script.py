import seedpod

status = seedpod.run("docs/examples/restart-policies/never.yaml")
print(status.phase)
for container in status.container_statuses:
    print(container.name, container.state.exit_code)
