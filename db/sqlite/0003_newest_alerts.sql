-- Alerts and responses in the order of time, the newest first (the seconds are counted down), and which response holds
-- which resource: documents that are written with them from now on.
INSERT INTO documents
    SELECT kind || '_newest',
           printf('%010d', 9999999999 - unixepoch(coalesce(json_extract(body, '$.raised'), json_extract(body, '$.created'))))
               || '.' || id,
           id
    FROM documents WHERE kind IN ('alert', 'alert_past', 'response', 'response_past');
INSERT OR IGNORE INTO documents
    SELECT 'resource_held', resource.value, documents.id
    FROM documents, json_each(documents.body, '$.tasks') AS task, json_each(task.value, '$.resources') AS resource
    WHERE documents.kind = 'response';
