<?php
// PHP starts afresh for each request: this file is read from top to bottom, and what it echoes is the
// answer. Listening on the port, and leaving on SIGTERM, is the business of the web server around it.

// What the platform knows about this app; the index tells its equal instances apart.
$application = json_decode(getenv('VCAP_APPLICATION') ?: '{}', true);
$instance = $application['instance_index'] ?? 0;

// Whatever comes from a visitor is escaped before it becomes a part of the page.
$name = htmlspecialchars(filter_input(INPUT_GET, 'name') ?: 'you');
?>
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>hello-php</title>
<style>
  body { font: 1.25rem/1.6 system-ui, sans-serif; max-width: 30em; margin: 20vh auto; padding: 0 1em }
</style>
<h1>Hello, <?= $name ?></h1>
<p>from PHP <?= PHP_VERSION ?>, instance <?= $instance ?>.</p>
<form><input name="name" placeholder="Your name" aria-label="Your name"> <button>Greet me</button></form>
