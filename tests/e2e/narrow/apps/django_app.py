"""Django, as it comes, trusting the host that a proxy reports."""

import sys

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import re_path

settings.configure(
    DEBUG=False, SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_X_FORWARDED_HOST=True, MIDDLEWARE=[]
)
django.setup()


def echo(request):
    prefix = request.META.get("SCRIPT_NAME", "")
    return JsonResponse(
        {"method": request.method, "path": request.path_info, "prefix": prefix, "host": request.get_host()}
    )


urlpatterns = [re_path(r"", echo)]
sys.modules[__name__].app = get_wsgi_application()
