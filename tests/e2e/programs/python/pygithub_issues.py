import os

from github import Auth, Github

github = Github(base_url=os.environ["URL"], auth=Auth.Token(os.environ["KEY"]))
print(github.get_user().login)
repository = github.get_repo("acme/project")
issues = list(repository.get_issues())
print([issue.title for issue in issues])
print(issues[0].create_comment("Is the proxy there?").body)
