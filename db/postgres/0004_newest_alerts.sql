-- Alerts and responses in the order of time, the newest first (the seconds are counted down), and which response holds
-- which resource: documents that are written with them from now on.
INSERT INTO documents
    SELECT kind || '_newest',
           lpad((9999999999 - floor(extract(epoch FROM coalesce(body::jsonb ->> 'raised', body::jsonb ->> 'created')::timestamptz))
                )::bigint::text, 10, '0') || '.' || id,
           id
    FROM documents WHERE kind IN ('alert', 'alert_past', 'response', 'response_past');
INSERT INTO documents
    SELECT 'resource_held', resource.value, documents.id
    FROM documents,
         jsonb_each(documents.body::jsonb -> 'tasks') AS task,
         jsonb_array_elements_text(task.value -> 'resources') AS resource
    WHERE documents.kind = 'response'
    ON CONFLICT DO NOTHING;
