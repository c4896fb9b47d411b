<?php
// Symfony's request behind a trusted proxy, with the method override that its full-stack framework turns on.
require '/usr/share/php/Symfony/Component/HttpFoundation/autoload.php';

use Symfony\Component\HttpFoundation\Request;

Request::enableHttpMethodParameterOverride();
Request::setTrustedProxies(
    ['127.0.0.1'],
    Request::HEADER_X_FORWARDED_FOR | Request::HEADER_X_FORWARDED_HOST | Request::HEADER_X_FORWARDED_PROTO
        | Request::HEADER_X_FORWARDED_PORT | Request::HEADER_X_FORWARDED_PREFIX
);
// The built-in server's script is not part of the path.
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = __DIR__ . '/index.php';
$request = Request::createFromGlobals();
header('Content-Type: application/json');
echo json_encode([
    'method' => $request->getMethod(),
    'path' => rawurldecode($request->getPathInfo()),
    'prefix' => $request->getBaseUrl(),
    'host' => $request->getHost(),
]);
