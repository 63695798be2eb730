<?php
// Asked by PHP's own server before each answer. It would hand out any file below its folder, also those that are for
// the app alone.
$path = rawurldecode(explode('?', $_SERVER['REQUEST_URI'], 2)[0]);
$hidden = '~/\.(?!well-known(/|$))|^/+(composer\.(json|lock)|vendor/.*|Procfile|manifest\.yml|stackato\.yml)$~i';
if (preg_match($hidden, $path)) {
    http_response_code(404);
    echo "404 Not Found\n";
    return true;
}
return false; // as if this file did not exist
