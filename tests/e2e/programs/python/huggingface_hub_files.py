from huggingface_hub import HfApi

api = HfApi()
print(api.whoami()["name"])
print([model.id for model in api.list_models(author="acme")])
print(open(api.hf_hub_download("acme/model", "config.json")).read())
print(api.upload_file(path_or_fileobj=b"uploaded", path_in_repo="a.txt", repo_id="acme/model").oid)
